export {
  type ColumnScanner,
  type Converter,
  type ConverterState,
  createColumnScanner,
  createConverter,
  type OutputFormat,
  type SourceFormat,
} from './converter.ts'
export { FormatError } from './format-error.ts'
export { splitRecords } from './split-records.ts'
