// What is due: the seconds until then as they pass, and sentences of the API that name the moment.
import { useEffect, useState } from 'react'
import { formatAge, formatDuration, formatMoment, formatTime } from '../amounts.ts'
import { plainly } from '../answers/plainly.ts'
import { capitalized, sentence } from '../answers/sentence.ts'

/** What is due has begun. */
const isUnderWay = / now\b/
const second = 1_000
const dayMilliseconds = 86_400_000

/** "in 12 s", then "now". */
export function Countdown({ at }: { at: string }) {
  const left = useMillisecondsUntil(at)
  return (
    <time dateTime={at} title={formatMoment(at)} style={{ fontVariantNumeric: 'tabular-nums' }}>
      {left <= 0 ? 'now' : left > dayMilliseconds ? formatAge(at) : `in ${formatDuration(Math.ceil(left / second))}`}
    </time>
  )
}

export function useMillisecondsUntil(at: string): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const counting = setInterval(() => setNow(Date.now()), second)
    return () => clearInterval(counting)
  }, [])
  return Date.parse(at) - now
}

export interface DueSentenceProps {
  text: string
  /** When what the text tells of is due: where the text names it, it is counted down there. */
  due: string | null
}

/** A sentence for people that counts down what it says is due, and says so at its end where it names another moment or none. */
export function DueSentence({ text, due }: DueSentenceProps) {
  if (due === null || isUnderWay.test(text)) return sentence(plainly(text))
  const [before, after] = text.split(` at ${due}`)
  if (after !== undefined) {
    return (
      <>
        {capitalized(plainly(before!))} <Countdown at={due} />
        {sentence(plainly(after))}
      </>
    )
  }
  const [until, rest] = text.split(` by ${due}`)
  if (rest !== undefined) {
    return (
      <>
        {capitalized(plainly(until!))} by {formatTime(due)} (<Countdown at={due} />){sentence(plainly(rest))}
      </>
    )
  }
  return (
    <>
      {sentence(plainly(text))} Due <Countdown at={due} />.
    </>
  )
}
