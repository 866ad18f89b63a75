import css from './account.module.css'

/** While it is found out who is logged in; seen only where that takes a while. */
export function Splash() {
  return (
    <div className={css.splash}>
      <img src="./icon.svg" alt="Nudge" width={72} height={72} />
    </div>
  )
}
