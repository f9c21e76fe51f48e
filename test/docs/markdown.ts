// Markdown pages of the repository as their readers have them: links, the anchors of headings, blocks of code.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import GithubSlugger from 'github-slugger'
import { lexer, type Token, walkTokens } from 'marked'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Block {
  language: string
  /** What stands behind the language: for `ts` the file to save it as; or `not run: ` and why. */
  note: string
  text: string
}

export interface Page {
  /** From the root of the repository. */
  path: string
  text: string
  blocks: Block[]
  /** Code that is set in by blanks: it has no language, so nobody could say whether it runs. */
  indented: string[]
  /** As written: of links, pictures, and of href, src and srcset in HTML. */
  links: string[]
  anchors: Set<string>
}

const elsewhere = /(^|\/)(node_modules|var|build|dist|\.git)(\/|$)/

export const markdownFiles = globSync('**/*.md', { cwd: root, exclude: path => elsewhere.test(path) }).sort()

export function readPage(path: string): Page {
  const text = readFileSync(`${root}${path}`, 'utf8')
  const page: Page = { path, text, blocks: [], indented: [], links: [], anchors: new Set() }
  const slugger = new GithubSlugger()
  void walkTokens(lexer(text), token => {
    if (token.type === 'heading') page.anchors.add(slugger.slug(plainText(token.tokens ?? [])))
    if (token.type === 'link' || token.type === 'image') page.links.push(token.href)
    if (token.type === 'html') {
      for (const [, name, value] of token.text.matchAll(/\b(href|src|srcset|id)="([^"]+)"/g)) {
        if (name === 'id') page.anchors.add(value)
        else page.links.push(value)
      }
    }
    if (token.type === 'code' && token.codeBlockStyle === 'indented') page.indented.push(token.text)
    if (token.type === 'code' && token.lang) {
      const [language = '', ...note] = token.lang.split(' ')
      page.blocks.push({ language, note: note.join(' '), text: token.text })
    }
  })
  return page
}

function plainText(tokens: Token[]): string {
  return tokens
    .map(token =>
      'tokens' in token && token.tokens ? plainText(token.tokens) : 'text' in token ? String(token.text) : '',
    )
    .join('')
}

const notRun = /^not run: \S/

/** Those in `sh` and `ts` that somebody may paste or save; the rest says why nobody can here. */
export function runnableBlocks({ blocks }: Page): Block[] {
  return blocks.filter(({ language, note }) => ['sh', 'ts'].includes(language) && !notRun.test(note))
}
