import { type InputWrapperProps, TextInput, type TextInputProps } from '@mantine/core'
import type { ReactNode } from 'react'
import { MAX_LINE_LENGTH } from './rules'

/** How the fields of these forms look: hints are below, so that fields side by side are level. */
export const fieldLook = {
  inputWrapperOrder: ['label', 'input', 'description', 'error'],
  labelProps: { mb: 4 },
  descriptionProps: { mt: 4 },
  errorProps: { role: 'alert', mt: 4 },
} satisfies Partial<InputWrapperProps>

/** What is wrong takes the place of what is asked for. */
export const hintOf = (error: ReactNode, hint: ReactNode): ReactNode => (error ? undefined : hint)

/** A line of text. An example in it goes where there is an error, in whose colour it would look like something typed. */
export function LineField({ placeholder, description, ...rest }: TextInputProps) {
  return (
    <TextInput
      maxLength={MAX_LINE_LENGTH}
      {...fieldLook}
      {...rest}
      description={hintOf(rest.error, description)}
      placeholder={rest.error ? undefined : placeholder}
    />
  )
}
