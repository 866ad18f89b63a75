/** The frames and pulls as they happen. */
// biome-ignore lint/style/noDefaultExport: React.lazy takes default exports
export default function DebugPanel() {
  return <p>debug</p>
}
