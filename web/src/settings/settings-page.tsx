/** Profile, password, and how this browser behaves. */
export function SettingsPage() {
  return <p>Settings</p>
}
