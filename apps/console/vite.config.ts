// How the console is bundled: into hashed files of this origin, for a page whose style sheets carry the nonce of each answer.
import { defineConfig } from 'vite'

export default defineConfig({
  // Filled in by apps/server/src/console-routes.ts.
  html: { cspNonce: '__WAYBILL_NONCE__' },
  build: {
    // The first that know light-dark(): what they read needs no rewriting.
    target: ['chrome123', 'edge123', 'firefox128', 'safari17.5'],
    // An asset as a data: URL would be one that the page's policy refuses.
    assetsInlineLimit: 0,
    // Modules are small and cached for ever; the polyfill would be an inline script.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    emptyOutDir: true,
  },
  // `npx vite apps/console` while developing: the API is that of a server that runs beside it.
  server: {
    port: 8080,
    proxy: Object.fromEntries(
      [
        '/user',
        '/authentication',
        '/order',
        '/process',
        '/prices',
        '/payment',
        '/data',
        '/clouds',
        '/callbacks',
        '/audit',
        '/outbox',
        '/dead-letters',
        '/metrics',
        '/readyz',
      ].map(path => [path, 'http://localhost:8000']),
    ),
  },
})
