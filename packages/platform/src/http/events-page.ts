// The AsyncAPI document as a page to read: who sends and who handles each event, its facts, and an example.
import { type EventDefinition, eventCatalogue } from '@waybill/contracts'
import type { AsyncApiDocument } from './asyncapi.ts'
import { inWords, type JsonSchema } from './json-schema.ts'

/** HTML without scripts and styles of its own. */
export function renderEvents({ info, components }: AsyncApiDocument): string {
  const definitions = Object.entries<EventDefinition>(eventCatalogue)
  const contents = definitions.map(([type]) => `<li><a href="#${type}">${type}</a></li>`)
  const sections = definitions.map(([type, definition]) => {
    const { examples } = components.messages[type]!
    return section(type, definition, components.schemas[type]!, examples[0]!.payload)
  })
  return `<p>${inHtml(info.description)}</p>\n<ul>${contents.join('')}</ul>\n${sections.join('\n')}`
}

function section(
  type: string,
  { producer, consumers, version, description }: EventDefinition,
  schema: JsonSchema,
  example: unknown,
) {
  const facts = Object.entries(schema.properties as Record<string, JsonSchema>)
  const rows = facts.map(([name, fact]) => `<tr><td><code>${name}</code></td><td>${inHtml(inWords(fact))}</td></tr>`)
  return `<section id="${type}">
<h2>${type}</h2>
<p>${inHtml(description)}. Sent by <b>${producer}</b>; handled by <b>${consumers.join(', ') || 'nobody'}</b>; version ${version}.</p>
<table><thead><tr><th>Fact</th><th>Form</th></tr></thead><tbody>${rows.join('')}</tbody></table>
<details><summary>Example</summary><pre>${inHtml(JSON.stringify(example, null, 2))}</pre></details>
</section>`
}

const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Code spans of Markdown become code. */
function inHtml(text: string): string {
  return text.replace(/[&<>"]/g, found => named[found]!).replace(/`([^`]*)`/g, '<code>$1</code>')
}
