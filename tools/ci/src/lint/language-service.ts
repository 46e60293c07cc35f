import type { Action, Finding } from '@prompt-card/workflow';
import { load } from '@prompt-card/workflow/official';

interface Diagnostic {
  readonly message: string;
  /** 1 error, 2 warning; the service leaves it out for errors of the parser. */
  readonly severity?: number;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

/** The part of `@actions/languageservice` used here. */
interface LanguageService {
  readonly TextDocument: {
    create(uri: string, language: string, version: number, content: string): object;
  };
  validate(document: object): Promise<readonly Diagnostic[]>;
}

/** The service remembers what it parsed by address alone, so no address is used twice. */
let documents = 0;

/**
 * The checks of GitHub's own editor. Nothing is fetched: without metadata of other repositories'
 * actions the service leaves their inputs alone, and actionlint checks those it knows.
 */
export async function runLanguageService(path: string, content: string): Promise<Finding[]> {
  const service = load('languageservice') as LanguageService;
  documents += 1;
  const uri = `file:///${documents}/${path}`;
  const document = service.TextDocument.create(uri, 'yaml', 1, content);
  const diagnostics = await service.validate(document);
  return diagnostics.map(({ message, severity, range }) => ({
    rule: severity === 2 ? 'languageservice/warning' : 'languageservice/error',
    path,
    line: range.start.line + 1,
    column: range.start.character + 1,
    message: message.split('\n')[0] ?? message,
  }));
}

/** A name for what an action's file is checked as; the service goes by the file name. */
export const isActionFile = (action: Action): boolean => /action\.ya?ml$/.test(action.path);
