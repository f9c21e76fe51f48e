// Puts the console together: looks, cache, and the router made from the table of screens.
import '@fontsource-variable/inter/wght.css'
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import { MantineProvider } from '@mantine/core'
import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { setNonce } from 'get-nonce'
import { createRoot } from 'react-dom/client'
import { createHashRouter, Navigate, RouterProvider } from 'react-router'
import { Loading } from './answers/loading.tsx'
import { queries } from './queries.ts'
import { screens } from './screens.ts'
import { Guard } from './session/guard.tsx'
import { sessionState } from './session/session-state.ts'
import { BrokenScreen } from './shell/broken-screen.tsx'
import { NotFoundScreen } from './shell/not-found-screen.tsx'
import { Shell } from './shell/shell.tsx'
import { readableColors, theme } from './shell/theme.ts'

/** The page's policy lets in only style sheets that carry the nonce of the answer that brought it. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
setNonce(nonce)

// Nothing of whoever was here before is shown to whoever comes, in whichever tab they leave.
sessionState.subscribe(() => {
  if (sessionState.current() !== 'signed-in') queries.clear()
})

const router = createHashRouter([
  {
    Component: Shell,
    HydrateFallback: () => <Loading what="the console" />,
    children: [
      {
        ErrorBoundary: BrokenScreen,
        children: [
          {
            path: '/',
            element: (
              <Guard access="customer">
                <Navigate to="/datasets" replace />
              </Guard>
            ),
          },
          ...screens.map(({ path, access, load }) => ({
            path,
            lazy: async () => {
              const Shown = await load()
              return {
                Component: () => (
                  <Guard access={access}>
                    <Shown />
                  </Guard>
                ),
              }
            },
          })),
          { path: '*', Component: NotFoundScreen },
        ],
      },
    ],
  },
])

createRoot(document.getElementById('root')!).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={readableColors}
    defaultColorScheme="auto"
    getStyleNonce={() => nonce}
  >
    <QueryClientProvider client={queries}>
      <ModalsProvider>
        <Notifications position="bottom-right" />
        <RouterProvider router={router} />
      </ModalsProvider>
    </QueryClientProvider>
  </MantineProvider>,
)
