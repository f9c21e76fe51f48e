// A piece of a delivered file, for clouds that cannot be written to.

export interface DeliveryChunkRow {
  process_id: string
  /** Of the file in its export. */
  position: number
  first_byte: number
  bytes: Uint8Array
}
