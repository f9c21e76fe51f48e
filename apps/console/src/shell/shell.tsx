// What stands around every screen: the header, the navigation, a link past both, and the place for the screen itself.
import { AppShell, Burger, Button, Group, Loader, Text } from '@mantine/core'
import { useDisclosure, useReducedMotion } from '@mantine/hooks'
import { Link, Outlet, useNavigation } from 'react-router'
import { signOut, useMe, useSessionState } from '../session/session.ts'
import { ColorSchemeSwitch } from './color-scheme-switch.tsx'
import { Icon } from './icon.tsx'
import { Navigation } from './navigation.tsx'
import classes from './shell.module.css'
import logo from './waybill.svg'

export function Shell() {
  const [opened, { toggle, close }] = useDisclosure(false)
  const isCalm = useReducedMotion()
  const isSignedIn = useSessionState() === 'signed-in'
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={isSignedIn ? { width: 232, breakpoint: 'sm', collapsed: { mobile: !opened } } : undefined}
      transitionDuration={isCalm ? 0 : 200}
      padding={{ base: 'md', sm: 'xl' }}
    >
      <button type="button" className={classes.skip} onClick={skipToMain}>
        Skip to content
      </button>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="sm">
          <Group gap="sm" wrap="nowrap">
            {isSignedIn && (
              <Burger
                opened={opened}
                onClick={toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={opened ? 'Close the navigation' : 'Open the navigation'}
                aria-expanded={opened}
              />
            )}
            <Link to="/" className={classes.brand} aria-label="Waybill, to the start">
              <img src={logo} alt="" width={28} height={28} />
              Waybill
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ScreenOnItsWay />
            <ColorSchemeSwitch />
            {isSignedIn ? <SignedIn /> : <SignedOut />}
          </Group>
        </Group>
      </AppShell.Header>
      {isSignedIn && (
        <AppShell.Navbar p="md" aria-label="Main" className={classes.navbar}>
          <Navigation onNavigate={close} />
        </AppShell.Navbar>
      )}
      <AppShell.Main id="main" tabIndex={-1} className={classes.main}>
        <div className={classes.content}>
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  )
}

/** A button, for a link to a part of the page would be taken for a route: those begin with the same sign. */
function skipToMain(): void {
  document.getElementById('main')?.focus()
}

/** The file of a screen is loaded when it is opened the first time. */
function ScreenOnItsWay() {
  if (useNavigation().state === 'idle') return null
  return <Loader size="xs" role="status" aria-label="Loading the screen" />
}

function SignedIn() {
  const me = useMe()
  return (
    <>
      {me.data && (
        <Text size="sm" visibleFrom="xs" truncate maw={220} title={me.data.email}>
          {me.data.name}
        </Text>
      )}
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon name="leave" size={16} />}
        onClick={() => void signOut().catch(() => {})}
      >
        Sign out
      </Button>
    </>
  )
}

function SignedOut() {
  return (
    <Button size="xs" variant="default" component={Link} to="/sign-in">
      Sign in
    </Button>
  )
}
