import type { FastifyReply } from 'fastify'
import type { Job } from '../../../storage/ports/jobs.ts'

/** Makes an answer that of a job which was begun: 202, and where it is. @returns the job, its body */
export function acceptJob(reply: FastifyReply, job: Job): Job {
  reply.code(202).header('location', `/v1/jobs/${job.id}`)
  return job
}
