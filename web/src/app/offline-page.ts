/**
 * Lets a service worker show that the server cannot be reached when the page is opened. Browsers
 * that have none, or not over plain HTTP, show their own page.
 */
export async function prepareOfflinePage(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register('./offline-worker.js', { updateViaCache: 'none' })
}
