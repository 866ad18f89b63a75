/** The words of a message, with its links and emoji shown as such. */
export function RichText({ text }: { text: string }) {
  return text
}
