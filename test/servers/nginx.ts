import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { findFreePort } from './free-ports.ts'

export interface Nginx {
  readonly url: string
  stop(): Promise<void>
}

/** The program, when it is there. */
export function findNginx(): string | undefined {
  return ['nginx', '/usr/sbin/nginx'].find((program) => {
    try {
      execFileSync(program, ['-v'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}

/** Starts nginx before servers on these loopback ports; it moves on to the next on 503 and broken connections. */
export async function startNginx(ports: readonly number[]): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-nginx-'))
  const port = await findFreePort()
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  // Requests that store something carry an Idempotency-Key, so that they may be sent twice.
  const config = `
    daemon off;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    worker_processes 1;
    pid ${directory}/pid;
    error_log ${directory}/error.log;
    events { worker_connections 256; }
    http {
      access_log off;
      client_max_body_size 64m;
      ${temps.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n')}
      upstream nodes {
        ${ports.map((it) => `server 127.0.0.1:${it} max_fails=0;`).join('\n')}
        keepalive 8;
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://nodes;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host localhost;
          proxy_next_upstream error timeout http_503 non_idempotent;
          proxy_next_upstream_tries 6;
        }
      }
    }`
  const file = join(directory, 'nginx.conf')
  await writeFile(file, config)
  const child = spawn(findNginx()!, ['-c', file, '-p', directory, '-e', `${directory}/error.log`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  await vi.waitFor(() => fetch(`${url}/healthz`), 20_000)
  return {
    url,
    async stop() {
      // SIGKILL would leave its worker behind.
      child.kill('SIGTERM')
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}
