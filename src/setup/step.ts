import type { NewSender } from './request.ts';

/** One thing that is to be done; `words` say it to the administrator. */
export type Step = { words: string } & (
  | { kind: 'create-user'; login: string; groupIds: number[] }
  | { kind: 'change-user'; userId: number; addGroupIds: number[] }
  | { kind: 'make-key' }
  | { kind: 'add-companies'; companyIds: number[] }
  | { kind: 'add-id-types'; vocabularyId: number; types: { code: string; display: string }[] }
  | { kind: 'restore-id-types'; ids: number[] }
  | { kind: 'register-sender'; sender: NewSender }
  | { kind: 'add-sample' }
);
