/** The default app of every test server. */
export const TEST_APP = { appKey: 'test-key', appSecret: 'the secret of the app of all tests' }
export const TEST_TOKEN_SECRET = 'a secret that is used in tests only'

/** The same for processes that tests start. */
export const TEST_PROCESS_ENV = {
  APP_KEY: TEST_APP.appKey,
  APP_SECRET: TEST_APP.appSecret,
  TOKEN_SECRET: TEST_TOKEN_SECRET,
}
