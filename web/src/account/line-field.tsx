import { type InputWrapperProps, TextInput, type TextInputProps } from '@mantine/core'
import { MAX_LINE_LENGTH } from './rules'

/** How the fields of these forms look: hints are below, so that fields side by side are level. */
export const fieldLook = {
  inputWrapperOrder: ['label', 'input', 'description', 'error'],
  labelProps: { mb: 4 },
  descriptionProps: { mt: 4 },
  errorProps: { role: 'alert', mt: 4 },
} satisfies Partial<InputWrapperProps>

/** A line of text. The hint in it goes where there is an error, in whose colour it would look like something typed. */
export function LineField({ placeholder, ...rest }: TextInputProps) {
  return (
    <TextInput
      maxLength={MAX_LINE_LENGTH}
      {...fieldLook}
      {...rest}
      placeholder={rest.error ? undefined : placeholder}
    />
  )
}
