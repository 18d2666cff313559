#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { runCli } from './program.ts'

// The heaps for new objects stay at the 1 MB they start with, in every thread, instead of growing to
// 48: pixels and tensors lie outside them, so that they only hold garbage. Before anything heavy
// loads, as they never shrink by themselves. docs/decisions/0009-memory-and-request-overhead.md
setFlagsFromString('--semi-space-growth-factor=1')

process.exitCode = await runCli(process.argv.slice(2))
