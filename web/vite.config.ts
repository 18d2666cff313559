import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { appIcons } from './app-icons.ts'
import { compileTexts } from './compile-texts.ts'
import { ownLanguages } from './own-languages.ts'
import { precompress } from './precompress.ts'
import { namePageChunk, preloadPage } from './preload-page.ts'

export default defineConfig({
  plugins: [
    react(),
    compileTexts(),
    ownLanguages(['en', 'de']),
    appIcons(),
    preloadPage(),
    precompress(),
  ],
  // The page works below any path of a proxy.
  base: './',
  // Everything comes from the page's own origin and nothing is inlined, so that the server can
  // forbid inline scripts, styles and data: URLs by its content security policy.
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What the first module uses stays with it.
          includeDependenciesRecursively: false,
          groups: [
            {
              name: (id, bundle) => namePageChunk(id, (other) => bundle.getModuleInfo(other)),
              debugName: 'page',
            },
          ],
        },
      },
    },
    // light-dark() and popovers are from 2024.
    cssTarget: ['chrome123', 'firefox125', 'safari17.5'],
  },
  server: {
    proxy: { '/v1': 'http://127.0.0.1:8000', '/readyz': 'http://127.0.0.1:8000' },
  },
})
