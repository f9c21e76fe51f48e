// The pictures beside words: strokes on a grid of 24, drawn here because icon packages weigh more than the rest of the console.
const strokes = {
  home: 'M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-6h4v6',
  table: 'M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9',
  cart: 'M5 7h14l-1.5 9h-11zM5 7L4 4H2.5M9 20h.01M16 20h.01',
  parcel: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9',
  activity: 'M3 12h4l3-8 4 16 3-8h4',
  card: 'M3 6h18v12H3zM3 10h18M7 15h3',
  bell: 'M6 16V11a6 6 0 0112 0v5l1.5 2h-15zM10 21h4',
  cloud: 'M7 18a4 4 0 01-.5-7.97 6 6 0 0111.4 1.02A3.5 3.5 0 0117.5 18z',
  person: 'M12 12a4 4 0 100-8 4 4 0 000 8zM4.5 20.5a7.5 7.5 0 0115 0',
  sun: 'M12 16a4 4 0 100-8 4 4 0 000 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5',
  moon: 'M20 14.5A8 8 0 019.5 4a8 8 0 1010.5 10.5z',
  leave: 'M14 4H5v16h9M10 12h11M17.5 8.5L21 12l-3.5 3.5',
  download: 'M12 4v11M7 11l5 5 5-5M4 20h16',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6 6l12 12M18 6L6 18',
  clock: 'M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5l3.5 2',
  running: 'M12 3a9 9 0 109 9',
  warning: 'M12 4l9 16H3zM12 10v4.5M12 17.300v.01',
  plus: 'M12 5v14M5 12h14',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  chart: 'M4 4v16h16M8 15.5l3.5-5 3 2.5L19 6.5',
  letter: 'M3 6h18v12H3zM3.5 7l8.5 6.5L20.5 7',
  outbox: 'M4 14v6h16v-6M12 15V4M7.5 8.5L12 4l4.5 4.5',
  clouds: 'M6.5 19a3.5 3.5 0 01-.4-6.98 5.2 5.2 0 019.9.9A3 3 0 0115.6 19zM9.5 6.5a5 5 0 018.7 2.3A3.3 3.3 0 0120 14.6',
  gear: 'M12 15.5a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1',
  shield: 'M12 3l8 3v6c0 4.5-3.5 7.8-8 9-4.500-1.200-8-4.500-8-9V6zM9 12l2 2 4-4',
  people:
    'M9 11a3.500 3.500 0 100-7 3.500 3.500 0 000 7zM2.500 19.500a6.500 6.500 0 0113 0M16 4.500a3.500 3.500 0 010 6M18 14a6.500 6.500 0 013.500 5.500',
} as const

export type IconName = keyof typeof strokes

/** Says nothing to a screen reader: words stand beside it, or the button has a label. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={strokes[name]} />
    </svg>
  )
}
