import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Rooms take options; only these folders meet the machine they run on. */
const meetsTheMachine = ['cli/**', 'stack/**', 'bench/**', 'test/**']

const noProcessEnv = {
  object: 'process',
  property: 'env',
  message: 'Take an option instead: cli/config.ts alone reads and checks the environment.',
}

const noSpreadLiteral = {
  selector:
    ':matches(ObjectExpression > SpreadElement > ObjectExpression, ArrayExpression > SpreadElement > ArrayExpression).argument',
  message: 'Write what is in it itself: properties that are spread here are not checked against the type.',
}

export default defineConfig(
  globalIgnores(['coverage/', 'dist/', '.continuo/']),
  // A rule that is wrong is changed here, for everybody, with its reason: comments in a file switch nothing off.
  { linterOptions: { noInlineConfig: true } },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
  },
  {
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-properties': ['error', noProcessEnv],
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'no-constant-binary-expression': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-restricted-syntax': ['error', noSpreadLiteral],
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],

      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // node:test reports a failed test itself; its promise is for those who nest tests.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] },
          ],
        },
      ],
      // A type test shows what must not compile, and says which promise that is.
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': 'allow-with-description', 'ts-ignore': true, 'ts-nocheck': true },
      ],

      // There are no enums: Node strips types and nothing else.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // Under noUncheckedIndexedAccess an index that a loop has just bounded needs its `!`.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A method that keeps a port's promise is async even where this one has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Ports are objects of closures: their methods have no `this` to lose when taken out.
      '@typescript-eslint/unbound-method': 'off',
      // A type parameter that names what a caller gets back (`decode<Play>(…)`) is worth its single use.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  {
    files: meetsTheMachine,
    rules: { 'no-restricted-properties': 'off', 'no-console': 'off' },
  },
  {
    // A suite is one long function by nature; the length of its file still counts.
    files: ['test/**'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
)
