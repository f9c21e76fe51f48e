// CSV to NDJSON done plainly, line by line: what the conversion costs without a parser worth the name.

/** Field values of a line that holds no line break; quotes are understood, for the files have some. */
export function splitLine(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  const values: string[] = []
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    values.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
  }
  return values
}

export function toRecord(columns: string[], line: string): Record<string, string> {
  const values = splitLine(line)
  const record: Record<string, string> = {}
  for (let i = 0; i < columns.length; i++) record[columns[i]!] = values[i] ?? ''
  return record
}

export function csvToNdjson(text: string): { records: number; ndjson: string } {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const columns = splitLine(lines[0] ?? '')
  let ndjson = ''
  for (let i = 1; i < lines.length; i++) ndjson += `${JSON.stringify(toRecord(columns, lines[i]!))}\n`
  return { records: Math.max(lines.length - 1, 0), ndjson }
}
