// What Prometheus reads of two healthy instances that host all services, as promtool writes series down.
// The tests of the alerts begin here, and compare it with what a real server says.

const instances = ['a', 'b']
const services = ['user', 'order', 'payment', 'data']

/** Series to their values; each test changes some of them. */
export type Figures = Record<string, string>

/** A value that stays what it is, for a whole test. */
export function steady(value: number, samples: number): string {
  return `${value}x${samples}`
}

/** A counter. `step` is how much it grows from one sample to the next. */
export function growing(step: number, samples: number): string {
  return `0+${step}x${samples}`
}

export function healthyFigures(samples: number): Figures {
  return Object.assign({}, ...instances.map(instance => figuresOf(instance, samples)))
}

function figuresOf(instance: string, samples: number): Figures {
  const figures: Figures = {}
  const set = (name: string, value: number, labels = '') => {
    figures[series(name, instance, labels)] = steady(value, samples)
  }
  figures[`up{instance="${instance}", job="waybill"}`] = steady(1, samples)
  for (const service of services) {
    const of = `service="${service}"`
    set('waybill_dead_letters', 0, of)
    set('waybill_outbox_waiting', 3, of)
    set('waybill_outbox_oldest_seconds', 0.2, of)
    set('waybill_messages_retried', 0, of)
    set('waybill_database_connections', 10, `${of}, state="size"`)
    set('waybill_database_connections', 10, `${of}, state="in_use"`)
    set('waybill_database_connections', 0, `${of}, state="waiting"`)
    set('waybill_timers_late_seconds', 0.5, `${of}, kind="housekeeping"`)
  }
  set('waybill_orders_stuck', 0, 'state="created"')
  set('waybill_orders_stuck', 0, 'state="confirmed"')
  set('waybill_payments_unknown', 2)
  set('waybill_payments_unknown_oldest_seconds', 300)
  set('waybill_audit_violations', 0, 'rule="captured_twice"')
  set('waybill_audit_finished_timestamp_seconds', 0)
  set('waybill_broker_connected', 1)
  set('waybill_broker_blocked', 0)
  set('waybill_gauges_unread_total', 1, 'gauge="waybill_outbox_waiting"')
  const orders = 'service="order", method="POST", route="/user/order"'
  const counted = 'waybill_http_request_duration_seconds'
  figures[series(`${counted}_count`, instance, `${orders}, status="202"`)] = growing(1_500, samples)
  figures[series(`${counted}_count`, instance, `${orders}, status="500"`)] = growing(1, samples)
  figures[series(`${counted}_count`, instance, `${orders}, status="501"`)] = growing(900, samples)
  figures[series(`${counted}_bucket`, instance, `${orders}, status="202", le="0.05"`)] = growing(1_499, samples)
  figures[series(`${counted}_bucket`, instance, `${orders}, status="202", le="2.5"`)] = growing(1_500, samples)
  figures[series(`${counted}_bucket`, instance, `${orders}, status="202", le="+Inf"`)] = growing(1_500, samples)
  const probes = 'service="operations", method="GET", route="/readyz", status="503"'
  figures[series(`${counted}_count`, instance, probes)] = growing(30, samples)
  set('waybill_nodejs_eventloop_utilization', 0.7)
  set('waybill_nodejs_eventloop_lag_p99_seconds', 0.02)
  set('waybill_process_resident_memory_bytes', 200e6)
  set('waybill_process_memory_limit_bytes', 1e9)
  set('waybill_nodejs_heap_size_used_bytes', 100e6)
  set('waybill_nodejs_heap_limit_bytes', 500e6)
  set('waybill_process_open_fds', 100)
  set('waybill_process_max_fds', 1_024)
  return figures
}

/** The key of a figure. */
export function series(name: string, instance: string, labels = ''): string {
  return `${name}{instance="${instance}"${labels === '' ? '' : `, ${labels}`}}`
}
