// The CDK application, synthesized for one stage without a network, and how its templates are asked.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceName } from '@waybill/contracts'
import { expect } from 'vitest'
import type { Template } from '../../deployment/aws/src/costs.ts'
import { createApp, createStacks } from '../../deployment/aws/src/create-stacks.ts'
import { capital } from '../../deployment/aws/src/service-facts.ts'
import type { StageName } from '../../deployment/aws/src/stages.ts'

export type Resource = Template['Resources'][string]

export interface SynthesizedStage {
  foundation: Template
  services: Template
}

/** Synthesis fails where CloudFormation's own schemas do not know what stands there. */
export function synthesize(stageName: StageName, context: Record<string, string> = {}): SynthesizedStage {
  const outdir = mkdtempSync(join(tmpdir(), 'waybill-cdk-'))
  try {
    const app = createApp({ context, outdir })
    const { foundation, services } = createStacks(app, stageName)
    const assembly = app.synth()
    return {
      foundation: assembly.getStackArtifact(foundation.artifactId).template,
      services: assembly.getStackArtifact(services.artifactId).template,
    }
  } finally {
    rmSync(outdir, { recursive: true })
  }
}

const kept = new Map<StageName, SynthesizedStage>()
/** As it is deployed where nothing is chosen; once for all tests of a process, so not to be changed. */
export function stageAsItStands(stageName: StageName): SynthesizedStage {
  if (!kept.has(stageName)) kept.set(stageName, synthesize(stageName))
  return kept.get(stageName)!
}

export const resourcesOf = (template: Template, type: string): [string, Resource][] =>
  Object.entries(template.Resources).filter(([, { Type }]) => Type === type)

/** The one of this type whose name begins so. */
export function resourceNamed(template: Template, type: string, beginning: string): Resource {
  const found = resourcesOf(template, type).filter(([id]) => id.startsWith(beginning))
  const ids = found.map(([id]) => id)
  expect(ids, `${type} ${beginning}`).toHaveLength(1)
  return found[0]![1]
}

/** What an instance does when it starts for the first time. `resolve` says what a reference is; by default its JSON form. */
export function userDataOf(
  { services }: SynthesizedStage,
  service: ServiceName,
  resolve: (reference: unknown) => string = reference => JSON.stringify(reference),
): string {
  const { LaunchTemplateData } = resourceNamed(
    services,
    'AWS::EC2::LaunchTemplate',
    `${capital(service)}Template`,
  ).Properties
  const pieces: unknown[] = LaunchTemplateData.UserData['Fn::Base64']['Fn::Join'][1]
  return pieces.map(piece => (typeof piece === 'string' ? piece : resolve(piece))).join('')
}

/** The NAME=value lines of its file of settings. */
export function instanceSettings(stage: SynthesizedStage, service: ServiceName): Record<string, string> {
  const script = userDataOf(stage, service)
  const lines = script.slice(script.indexOf("<<'SETTINGS'\n") + 13, script.indexOf('\nSETTINGS')).split('\n')
  return Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}
