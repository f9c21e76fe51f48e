// The settings of a cloud, a field each; what is secret is typed as a password is.
import { PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { fieldErrorsOf } from '../../answers/field-errors.ts'
import { cloudDrivers, fieldsOf, SettingError, type SettingField, type TypedSettings } from './cloud-drivers.ts'

export interface SettingFieldsProps {
  driver: string
  typed: TypedSettings
  onChange: (typed: TypedSettings) => void
  error: unknown
  /** What is left empty stays as it is, so nothing is required. */
  isChange?: boolean
}

export function SettingFields({ driver, typed, onChange, error, isChange = false }: SettingFieldsProps) {
  const { advice } = cloudDrivers[driver] ?? {}
  return (
    <Stack>
      {advice && (
        <Text size="sm" c="dimmed">
          {advice}
        </Text>
      )}
      {fieldsOf(driver).map(field => {
        const Input = field.isSecret ? PasswordInput : TextInput
        return (
          <Input
            key={field.name}
            label={field.required || isChange ? field.label : `${field.label} (optional)`}
            description={field.description}
            placeholder={field.placeholder}
            required={field.required && !isChange}
            withAsterisk={false}
            autoComplete={field.isSecret ? 'new-password' : 'off'}
            value={typed[field.name] ?? ''}
            onChange={event => onChange({ ...typed, [field.name]: event.currentTarget.value })}
            error={errorAt(field, error)}
          />
        )
      })}
    </Stack>
  )
}

function errorAt({ name, isJson }: SettingField, error: unknown): string | undefined {
  if (error instanceof SettingError) return error.field === name ? error.message : undefined
  const errors = fieldErrorsOf(error)
  const own = errors[`settings.${name}`]
  if (own !== undefined || !isJson) return own
  return Object.entries(errors).find(([field]) => field.startsWith(name === '' ? 'settings' : `settings.${name}`))?.[1]
}

/** Whether every complaint stands at a field, so that nothing is left to be said above the form. */
export function isToldAtFields(driver: string, error: unknown): boolean {
  if (error instanceof SettingError) return true
  const fields = fieldsOf(driver)
  const named = Object.keys(fieldErrorsOf(error)).filter(field => field !== 'name' && field !== 'driver')
  return named.length > 0 && named.every(field => fields.some(it => errorAt(it, error) && field.startsWith('settings')))
}
