import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const iris: MantineColorsTuple = [
  '#f0eeff',
  '#dedaff',
  '#bab3fb',
  '#958af5',
  '#766af0',
  '#6357ec',
  '#5a4fe0',
  '#4a40c4',
  '#4039ad',
  '#353096',
]

/** The surfaces of global.css, from text to page, so that inputs and menus are of the same kind. */
const dark: MantineColorsTuple = [
  '#d5d5e0',
  '#b9b9c8',
  '#9c9cae',
  '#6f6f82',
  '#363644',
  '#2a2a36',
  '#22222c',
  '#191921',
  '#14141b',
  '#101016',
]

export const theme = createTheme({
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 5 },
  colors: { iris, dark },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  headings: { fontWeight: '650' },
})

/** Of faces without a picture. */
export const FACE_COLOURS = ['iris', 'teal', 'orange', 'grape', 'cyan', 'pink', 'green', 'indigo']

/** Mantine's colours are ours: see global.css. */
export const cssVariables: CSSVariablesResolver = () => {
  const ours = {
    '--mantine-color-body': 'var(--n-surface)',
    '--mantine-color-text': 'var(--n-text)',
    '--mantine-color-dimmed': 'var(--n-muted)',
    '--mantine-color-placeholder': 'var(--n-muted)',
    '--mantine-color-error': 'var(--n-bad)',
  }
  return {
    variables: {},
    light: ours,
    dark: {
      ...ours,
      '--mantine-color-anchor': 'var(--mantine-color-iris-3)',
      ...Object.assign({}, ...[...FACE_COLOURS, 'red'].map(tintInTheDark)),
    },
  }
}

/** What is tinted lightly: Mantine's own tints can hardly be told from our dark surfaces, nor their words from white. */
function tintInTheDark(colour: string): Record<string, string> {
  const tint = (percent: number) =>
    `color-mix(in srgb, var(--mantine-color-${colour}-6) ${percent}%, var(--n-surface))`
  return {
    [`--mantine-color-${colour}-light`]: tint(36),
    [`--mantine-color-${colour}-light-hover`]: tint(46),
    [`--mantine-color-${colour}-light-color`]: `var(--mantine-color-${colour}-2)`,
  }
}
