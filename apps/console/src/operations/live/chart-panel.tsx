// One chart with its latest numbers in words; or the same as a table, a row a minute, for those who do not see charts.
import { LineChart } from '@mantine/charts'
import { ColorSwatch, Group, getThemeColor, Stack, Text, useMantineTheme } from '@mantine/core'
import { type Column, DataTable } from '../../lists/data-table.tsx'
import { Panel } from '../../shell/panel.tsx'
import type { LiveChart, Series } from './charts-of-live.ts'
import { type Point, windowMilliseconds } from './history.ts'

const clock = (at: number) =>
  new Date(at).toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hour12: false })
const clockWithSeconds = (at: number) => new Date(at).toLocaleTimeString('en', { hour12: false })
const minute = 60_000
const shortestWindow = minute
const fewMinutes = 5 * minute

export interface ChartPanelProps {
  chart: LiveChart
  points: Point[]
  asTable: boolean
}

export function ChartPanel({ chart, points, asTable }: ChartPanelProps) {
  return (
    <Panel title={chart.title}>
      <Stack gap="sm">
        <Text size="xs" c="dimmed">
          {chart.note}
        </Text>
        <Group gap="lg" style={{ rowGap: 4 }}>
          {chart.series.map(series => (
            <Latest key={series.name} series={series} chart={chart} points={points} />
          ))}
        </Group>
        {asTable ? <MinuteTable chart={chart} points={points} /> : <Drawing chart={chart} points={points} />}
      </Stack>
    </Panel>
  )
}

const latestOf = ({ name }: Series, points: Point[]): number | undefined => points.at(-1)?.[name]
const write = (value: number | undefined, { format }: LiveChart) => (value === undefined ? '–' : format(value))

function Latest({ series, chart, points }: { series: Series; chart: LiveChart; points: Point[] }) {
  const theme = useMantineTheme()
  return (
    <Group gap={6} wrap="nowrap">
      <ColorSwatch size={10} color={getThemeColor(series.color, theme)} withShadow={false} aria-hidden />
      <Text size="sm">
        {series.label}{' '}
        <Text span fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
          {write(latestOf(series, points), chart)}
        </Text>
      </Text>
    </Group>
  )
}

function Drawing({ chart, points }: { chart: LiveChart; points: Point[] }) {
  const now = points.at(-1)?.at ?? Date.now()
  // At first less than the whole window, or the lines would crowd in a corner.
  const from = Math.max(now - windowMilliseconds, Math.min(points[0]?.at ?? now, now - shortestWindow))
  return (
    <div role="img" aria-label={inWords(chart, points)}>
      <LineChart
        h={180}
        data={points.map(point => ({ ...point }))}
        dataKey="at"
        series={chart.series.map(({ name, label, color }) => ({ name, label, color }))}
        valueFormatter={chart.format}
        curveType="linear"
        withDots={false}
        strokeWidth={2}
        connectNulls={false}
        withTooltip
        tooltipAnimationDuration={0}
        tickLine="none"
        lineProps={{ isAnimationActive: false }}
        lineChartProps={{ accessibilityLayer: false, margin: { left: 4, right: 28 } }}
        xAxisProps={{
          type: 'number',
          domain: [from, now],
          allowDataOverflow: true,
          ticks: [0, 1, 2, 3].map(third => from + (third * (now - from)) / 3),
          tickFormatter: now - from < fewMinutes ? clockWithSeconds : clock,
          interval: 'preserveStartEnd',
          minTickGap: 12,
        }}
        yAxisProps={{ width: 64, domain: [0, 'auto'], allowDecimals: !chart.isWhole }}
        tooltipProps={{ labelFormatter: at => (typeof at === 'number' ? new Date(at).toLocaleTimeString('en') : at) }}
      />
    </div>
  )
}

function inWords(chart: LiveChart, points: Point[]): string {
  const parts = chart.series.map(series => {
    const values = points.flatMap(point => point[series.name] ?? [])
    const highest = values.length === 0 ? undefined : Math.max(...values)
    return `${series.label}: now ${write(latestOf(series, points), chart)}, at most ${write(highest, chart)}`
  })
  return `${chart.title}, the last 15 minutes. ${parts.join('. ')}. The same as tables: press "Show tables" above.`
}

interface MinuteRow {
  at: number
  points: Point[]
}

function MinuteTable({ chart, points }: { chart: LiveChart; points: Point[] }) {
  const rows: MinuteRow[] = [...Map.groupBy(points, ({ at }) => Math.floor(at / minute) * minute)]
    .map(([at, points]) => ({ at, points }))
    .reverse()
  const columns: Column<MinuteRow>[] = [
    { header: 'Minute', cell: ({ at }) => clock(at) },
    ...chart.series.map(
      (series): Column<MinuteRow> => ({
        header: series.label,
        align: 'right',
        cell: ({ points }) => write(averageOf(series, points), chart),
      }),
    ),
  ]
  return (
    <DataTable plain label={`${chart.title}, minute by minute`} columns={columns} rows={rows} keyOf={({ at }) => at} />
  )
}

function averageOf({ name }: Series, points: Point[]): number | undefined {
  const values = points.flatMap(point => point[name] ?? [])
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
