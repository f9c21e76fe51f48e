// An address that leads nowhere: says so, and where to go instead.
import { Empty } from '../answers/empty.tsx'
import { Screen } from './screen.tsx'

export function NotFoundScreen() {
  return (
    <Screen title="Nothing is here">
      <Empty title="This address leads nowhere" next={{ label: 'To the start', to: '/' }}>
        It may be mistyped, or from another version.
      </Empty>
    </Screen>
  )
}
