// How it looks: one accent, one typeface, and greys that are dark enough to be read by everybody (WCAG 2.2, 1.4.3).
import { Anchor, type CSSVariablesResolver, createTheme, Modal, ModalHeader, Notification } from '@mantine/core'

const sans = "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 8 },
  defaultRadius: 'md',
  fontFamily: sans,
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace",
  headings: { fontFamily: sans, fontWeight: '650' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Anchor: Anchor.extend({ defaultProps: { inherit: true } }),
    // Else a screen reader would count it as another header of the page.
    ModalHeader: ModalHeader.extend({ defaultProps: { role: 'presentation' } }),
    Modal: Modal.extend({ styles: { title: { fontWeight: 650, fontSize: 'var(--mantine-font-size-lg)' } } }),
    Notification: Notification.extend({ styles: { description: { color: 'var(--mantine-color-dimmed)' } } }),
  },
})

export const readableColors: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': colors.gray![7],
    '--mantine-color-placeholder': colors.gray![7],
    '--mantine-color-error': colors.red![9],
    '--mantine-color-anchor': colors.indigo![8],
  },
  dark: {
    '--mantine-color-dimmed': colors.dark![1],
    '--mantine-color-placeholder': colors.dark![2],
    '--mantine-color-error': colors.red![4],
    '--mantine-color-anchor': colors.indigo![3],
  },
})
