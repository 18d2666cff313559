import { Type } from 'typebox'
import { section } from './section.ts'

const roleName = '[a-z][a-z0-9-]{0,39}'
const grantName = '[a-z][A-Za-z0-9:-]{0,39}'

/** Values of a claim, each with what it gives. */
const grants = (description: string) =>
  Type.Array(
    Type.String({
      pattern: `^[^=]{1,200}=${grantName}$`,
      allowed: '`VALUE=ROLE` or `VALUE=SCOPE`; the value `*` is everybody',
    }),
    { default: [], description },
  )

/** Who may do what, beside API keys. */
export const access = Type.Object(
  {
    roles: Type.Array(
      Type.String({
        pattern: `^${roleName}=${grantName}([ ]${grantName})*([ ]@[a-z0-9][a-z0-9_-]{0,63})*$`,
        allowed:
          '`NAME=SCOPE SCOPE ...`, then, where it is for some collections, `@COLLECTION ...`',
      }),
      {
        default: [],
        description:
          'Roles of your own beside viewer, operator, manager, auditor and admin, each as `NAME=SCOPE SCOPE @COLLECTION`. Without collections a role is for all.',
      },
    ),
    sessions: Type.Object(
      {
        idleMinutes: Type.Number({
          minimum: 1,
          maximum: 43_200,
          default: 30,
          description: 'A session of the page that is not used for so long ends.',
        }),
        hours: Type.Number({
          exclusiveMinimum: 0,
          exclusiveMaximum: 8761,
          default: 12,
          description: 'A session of the page ends after so long, however much it is used.',
        }),
      },
      section,
    ),
    oidc: Type.Object(
      {
        issuer: Type.String({
          default: '',
          description:
            'OpenID Connect provider that people sign in with, as it calls itself; https, or http on this machine. Empty: none.',
        }),
        clientId: Type.String({
          default: '',
          description: 'What the provider calls this server.',
        }),
        clientSecret: Type.String({
          default: '',
          secret: true,
          description:
            'The secret that the provider gave this server; the same on all nodes. At least 16 characters.',
        }),
        baseUrl: Type.String({
          default: '',
          description:
            'Where browsers reach the page, for instance `https://faces.example.org/`; https, or http on this machine. The provider has to know `v1/sign-in/oidc/callback` below it.',
        }),
        name: Type.String({
          default: '',
          maxLength: 100,
          description: 'What the page calls the provider. Empty: its host name.',
        }),
        scopes: Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,200}$' }), {
          default: ['openid', 'profile'],
          description: 'What the provider is asked for.',
        }),
        claim: Type.String({
          minLength: 1,
          maxLength: 200,
          default: 'groups',
          description:
            'The claim that says who may do what; dots lead into objects, as in `realm_access.roles`.',
        }),
        roles: grants(
          'Values of the claim, each as `VALUE=ROLE` or `VALUE=SCOPE`. Somebody without any of them is refused.',
        ),
      },
      section,
    ),
    jwt: Type.Object(
      {
        issuer: Type.String({
          default: '',
          description:
            'Who signs the bearer tokens of programs, as `iss` says; https, or http on this machine. Empty: no tokens.',
        }),
        audience: Type.String({
          default: '',
          description: 'What `aud` of a token must have: the name that this server has there.',
        }),
        jwksUrl: Type.String({
          default: '',
          description: "Where the issuer's public keys are. Empty: its discovery document says it.",
        }),
        algorithms: Type.Array(
          Type.Union([
            Type.Literal('RS256'),
            Type.Literal('RS384'),
            Type.Literal('RS512'),
            Type.Literal('PS256'),
            Type.Literal('PS384'),
            Type.Literal('PS512'),
            Type.Literal('ES256'),
            Type.Literal('ES384'),
            Type.Literal('ES512'),
            Type.Literal('EdDSA'),
            Type.Literal('Ed25519'),
          ]),
          {
            minItems: 1,
            default: ['RS256', 'ES256'],
            description: 'What tokens may be signed with.',
          },
        ),
        clockToleranceSeconds: Type.Integer({
          minimum: 0,
          maximum: 300,
          default: 30,
          description: "How far the issuer's clock may be off.",
        }),
        claim: Type.String({
          minLength: 1,
          maxLength: 200,
          default: 'scope',
          description:
            'The claim that says what a program may do: a list, or words with spaces between them.',
        }),
        scopes: grants(
          'Values of the claim, each as `VALUE=SCOPE` or `VALUE=ROLE`. Empty: the values are scopes or roles.',
        ),
      },
      section,
    ),
  },
  section,
)
