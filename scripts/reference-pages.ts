// The reference pages as text: made from the settings, the catalogues and the route tables, so they cannot say anything else.
import { type ErrorCode, type EventDefinition, errorCatalogue, eventCatalogue } from '@waybill/contracts'
import { settingsSchema } from '@waybill/contracts/settings'
import type { Setting } from '@waybill/platform/config'
import { errorCodesOf, inWords, type JsonSchema, jsonSchemaOf, type Route } from '@waybill/platform/http'
import { startService } from '@waybill/platform/testing'
import type { Option } from '../apps/cli/src/command.ts'
import { commandTable } from '../apps/cli/src/command-table.ts'
import { globalOptions } from '../apps/cli/src/global-options.ts'
import { loadServices } from '../apps/server/src/load-services.ts'
import { transitions } from './state-diagrams.ts'

/** Every page by its file name under `docs/reference`. */
export async function makeReferencePages(): Promise<Record<string, string>> {
  return {
    'api.md': apiPage(await readRoutes()),
    'cli.md': await cliPage(),
    'errors.md': errorsPage(),
    'events.md': eventsPage(),
    'settings.md': settingsPage(),
    'states.md': statesPage(),
  }
}

/** The rows are made where a service is put together, so all of them are hosted for a moment, in a folder that goes again. */
async function readRoutes(): Promise<Route[]> {
  const host = await startService(await loadServices())
  await host.stop()
  return host.routes
}

async function cliPage(): Promise<string> {
  const commands = await Promise.all(
    commandTable.map(async ({ name, group, summary, load }) => {
      const { description, arguments: words = [], options = [], examples } = (await load()).command
      const usage = words.map(word => {
        const text = word.repeated ? `${word.name}...` : word.name
        return word.optional ? `[${text}]` : `<${text}>`
      })
      return [
        `## ${name}`,
        `\`${['waybill', name, ...usage].join(' ')}\`${group === 'Operators' ? ' (operators)' : ''}: ${summary}. ${asBlocks(description)}`,
        ...(options.length > 0 ? [optionsTable(options)] : []),
        `\`\`\`sh\n${examples.map(({ what, line }) => `# ${what}\n${line}`).join('\n')}\n\`\`\``,
      ].join('\n\n')
    }),
  )
  const about = `The same as \`waybill --help\` and \`waybill <command> --help\`; [cli.md](../cli.md) is the tour.
Exit codes: 0 done, 1 refused, 2 the line is wrong, 3 the server is out of reach. Every command takes:`
  return page('Command line', about, [optionsTable(globalOptions), ...commands])
}

/** Indented lines are kept as they are. */
const asBlocks = (text: string) =>
  text.replace(/\n((?: {2}.+\n?)+)/g, (_, lines) => `\n\n\`\`\`\n${lines.trimEnd()}\n\`\`\``)

function optionsTable(options: readonly Option[]): string {
  const rows = options.map(({ flags, description, choices }) => [
    `\`${flags}\``,
    choices ? `${description}: ${choices.map(choice => `\`${choice}\``).join(', ')}` : description,
  ])
  return table(['Option', 'What it is for'], rows)
}

function settingsPage(): string {
  const rows = Object.entries<Setting<unknown>>(settingsSchema).map(([name, setting]) => [
    `\`${name}\``,
    setting.environmentOnly ? `${setting.description} From the environment alone.` : setting.description,
    setting.form,
    setting.fallback ? `\`${setting.fallback}\`` : '–',
    setting.secret ? 'yes' : '',
  ])
  const about = `Read from the environment, where it sets them, else from the document at \`CONFIG_URI\`
([configuration](../configuration.md)); a bad one stops the start with exit code 78.`
  return page('Settings', about, [table(['Setting', 'What it is for', 'Form', 'Default', 'Secret'], rows)])
}

function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(([code, { status, title, retryable }]) => [
    `\`${code}\``,
    String(status),
    title,
    retryable ? 'yes' : '',
  ])
  const about = `Problem documents (RFC 9457) carry \`code\`; their \`type\` is \`urn:waybill:error:<code>\`, in lower case with hyphens.
Where the last column says yes, the same request may succeed later.`
  return page('Errors', about, [table(['Code', 'Status', 'Title', 'Retryable'], rows)])
}

function eventsPage(): string {
  const about = `CloudEvents 1.0; \`source\` is \`/waybill/<producer>\`. These are the facts in \`data\`; consumers skip what they do not know.
The same as a document for machines: \`GET /asyncapi.json\`.`
  return page(
    'Events',
    about,
    Object.entries<EventDefinition>(eventCatalogue).map(
      ([type, { producer, consumers, version, description, schema }]) => {
        const { properties } = jsonSchemaOf(schema, 'output', {})
        const rows = Object.entries(properties as Record<string, JsonSchema>).map(([name, fact]) => [
          `\`${name}\``,
          inWords(fact),
        ])
        const handledBy = consumers.length > 0 ? consumers.join(', ') : 'none'
        return `## ${type}\n\n${description}. Producer: ${producer}; consumers: ${handledBy}; version ${version}.\n\n${table(['Fact', 'Form'], rows)}`
      },
    ),
  )
}

function statesPage(): string {
  const about = `The transition tables that the services run on. Each change is an update with a guard on what stands: what comes late,
twice, or loses a race changes nothing, or decides anew. A payment becomes \`unknown\` when the answer of its gateway is lost, and
leaves that for whatever the gateway says when it is asked again; the picture leaves those arrows out.`
  return page(
    'States',
    about,
    Object.entries(transitions).map(([name, rows]) => {
      const title = `${name[0]!.toUpperCase()}${name.slice(1)}`
      const picture = `![States of the ${name}](../pictures/${name}-states.svg)`
      const cells = rows.map(({ from, to, name: step }) => [
        `\`${from}\``,
        `\`${to}\``,
        ...(step ? [`\`${step}\``] : []),
      ])
      return `## ${title}\n\n${picture}\n\n${table(rows[0]!.name ? ['From', 'To', 'Step'] : ['From', 'To'], cells)}`
    }),
  )
}

const accessInWords = { public: 'anybody', customer: 'signed in', operator: 'operator', peer: 'services' }

function apiPage(routes: Route[]): string {
  const about = `Parameters, bodies and answers are in \`GET /openapi.json\`, rendered at \`/docs\`; the codes in [errors.md](errors.md).
The last column holds the codes of the call itself. These come along:

${table(['With', 'Codes'], codesThatComeAlong())}`
  const byService = Map.groupBy(routes, route => route.service)
  return page(
    'API',
    about,
    [...byService].map(([service, rows]) => {
      const cells = rows.map(({ verb, path, contract, access }) => [
        `\`${verb.toUpperCase()} ${path}\``,
        contract.summary,
        accessInWords[access],
        asCode(contract.errors),
      ])
      return `## ${service}\n\n${table(['Call', 'What it does', 'Who', 'Errors'], cells)}`
    }),
  )
}

/** Asked of the rule itself, not told again: rows that differ in one thing. */
function codesThatComeAlong(): string[][] {
  const bare = { access: 'public', contract: { errors: [] } } as unknown as Route
  const input = {}
  const always = errorCodesOf(bare)
  const more = (of: object, known: ErrorCode[]) =>
    asCode(errorCodesOf({ ...bare, ...of } as Route).filter(code => !known.includes(code)))
  return [
    ['every call', asCode(always)],
    ['a call for those who are signed in', more({ access: 'customer' }, always)],
    ['a call for operators', more({ access: 'operator' }, always)],
    ['parameters', more({ contract: { errors: [], query: input } }, always)],
    ['a body', more({ contract: { errors: [], body: input } }, always)],
  ]
}

const asCode = (codes: ErrorCode[]) => codes.map(code => `\`${code}\``).join(', ')

function page(title: string, about: string, parts: string[]): string {
  const origin = '<!-- Made by scripts/generate-reference.ts; a change here is overwritten. -->'
  return `${[origin, `# ${title}`, about, ...parts].join('\n\n')}\n`
}

/** In code spans, "<" is itself. */
function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replace(/`[^`]*`|</g, found => (found === '<' ? '&lt;' : found))
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell => escaped(cell)).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
