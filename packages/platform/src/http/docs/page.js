// Starts Swagger UI on the document of this server; runs in the browser.

// Swagger UI has a dark theme, but follows no preference by itself.
const dark = matchMedia('(prefers-color-scheme: dark)')
const followPreference = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', followPreference)
followPreference()

SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.getElementById('swagger-ui'),
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  defaultModelsExpandDepth: 0,
  // No outside service is to be asked whether the document is valid.
  validatorUrl: null,
})
