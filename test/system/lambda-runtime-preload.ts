// Loaded before AWS's runtime interface client: where that asks for its compiled part, it gets ours.
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (!specifier.endsWith('rapid-client.node')) return nextResolve(specifier, context)
    const url = new URL('./lambda-runtime-client.ts', import.meta.url).href
    return { url, format: 'module-typescript', shortCircuit: true }
  },
})
