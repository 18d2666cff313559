import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Runs apart from `npm test`: it takes minutes and measures. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/hostile/*.trial.ts'],
    pool: 'forks',
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 900_000,
    hookTimeout: 300_000,
    globalSetup: ['test/helpers/global-setup.ts'],
    disableConsoleIntercept: true,
  },
})

export default config
