// The way to every screen, in groups; what is for operators is shown to operators.
import { NavLink, Stack, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { NavLink as RouterLink, useLocation } from 'react-router'
import { navGroups, screens } from '../screens.ts'
import { useMe } from '../session/session.ts'
import { Icon } from './icon.tsx'
import classes from './shell.module.css'

export function Navigation({ onNavigate }: { onNavigate: () => void }) {
  const me = useMe()
  const { pathname } = useLocation()
  const isOperator = me.data?.role === 'operator'
  const shown = screens.filter(row => row.nav && (row.access !== 'operator' || isOperator))
  const current = shown
    .filter(({ path }) => pathname === path || pathname.startsWith(`${path}/`))
    .sort((a, b) => b.path.length - a.path.length)[0]
  const list = useRef<HTMLDivElement>(null)
  const currentPath = current?.path
  useEffect(() => {
    // An operator's list is longer than most windows.
    if (currentPath) list.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest' })
  }, [currentPath])
  return (
    <Stack gap="md" ref={list}>
      {me.data && (
        // The header of a phone has no room for it.
        <Text size="sm" fw={600} px="sm" hiddenFrom="xs" truncate>
          {me.data.name}
        </Text>
      )}
      {navGroups.map(group => {
        const rows = shown.filter(row => row.nav?.group === group)
        if (rows.length === 0) return null
        return (
          <Stack key={group} gap={2}>
            <Text size="xs" fw={600} c="dimmed" px="sm" id={`nav-${group}`}>
              {group}
            </Text>
            {rows.map(({ path, nav }) => (
              <NavLink
                key={path}
                component={RouterLink}
                to={path}
                end
                className={classes.navLink}
                label={nav!.label}
                leftSection={<Icon name={nav!.icon} />}
                active={current?.path === path}
                aria-current={current?.path === path ? 'page' : undefined}
                onClick={onNavigate}
              />
            ))}
          </Stack>
        )
      })}
    </Stack>
  )
}
