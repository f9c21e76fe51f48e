// Drives the converters for the tests: a source in any chunks, taken up again anywhere.
import {
  type Converter,
  type ConverterState,
  createColumnScanner,
  createConverter,
  FormatError,
  type OutputFormat,
  type SourceFormat,
} from '../../src/formats/index.ts'

export interface Conversion {
  from: SourceFormat
  to: OutputFormat
  source: string | Uint8Array
  columns?: string[]
  /** Lengths of the chunks, over and over; the whole source at once when there are none. */
  chunks?: number[]
}

export function* chunksOf(source: string | Uint8Array, lengths: number[] = [], offset = 0): Generator<Buffer> {
  const bytes = Buffer.from(source as Uint8Array)
  for (let at = offset, turn = 0; at < bytes.length; turn++) {
    const length = lengths.length === 0 ? bytes.length : lengths[turn % lengths.length]!
    // A copy that is spoiled below: nothing of a chunk may be kept except in what was handed out.
    yield Buffer.from(bytes.subarray(at, at + length))
    at += length
  }
}

/** The keys of a source that is to become CSV, as its first pass finds them. */
export function columnsOf({ from, to, source, chunks }: Conversion): string[] | undefined {
  if (from === 'csv' || to !== 'csv') return undefined
  const scanner = createColumnScanner({ from })
  for (const chunk of chunksOf(source, chunks)) scanner.scan(chunk)
  return scanner.finish()
}

export function text(pieces: Uint8Array[]): string {
  return Buffer.concat(pieces).toString('utf8')
}

export function convert(conversion: Conversion): string {
  return convertWith(start(conversion), conversion)
}

export function start(conversion: Conversion, state?: ConverterState): Converter {
  const { from, to } = conversion
  return createConverter({ from, to, state, columns: conversion.columns ?? columnsOf(conversion) })
}

export function convertWith(converter: Converter, { source, chunks }: Conversion): string {
  let output = ''
  for (const chunk of chunksOf(source, chunks)) {
    output += text(converter.convert(chunk))
    chunk.fill('#')
  }
  return output + text(converter.finish())
}

/** The message with which the conversion refuses its source. */
export function refusal(conversion: Conversion): string {
  try {
    convert(conversion)
  } catch (error) {
    if (error instanceof FormatError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}
