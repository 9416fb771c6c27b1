import { describe, expect, it } from 'vitest';
import { planOf } from '../../src/setup/plan.ts';
import type { Found, FoundUser } from '../../src/setup/read.ts';
import type { SetupRequest } from '../../src/setup/request.ts';

const OFFICER = {
  id: 17,
  module: 'spp_registry',
  name: 'group_registry_officer',
  label: '"Registry: Officer"',
};
const FILER = {
  id: 18,
  module: 'spp_change_request_v2',
  name: 'group_cr_user',
  label: '"Change Request: User"',
};
const NUMBERS = ['UIN', 'BRN', 'DRN', 'MRN'].map((code, id) => ({ id, code, active: true }));
const USER: FoundUser = {
  id: 5,
  active: true,
  groupIds: [17],
  companyIds: [1],
  hasKey: true,
  hasSecondFactor: false,
};

const found = (change: Partial<Found> = {}): Found => ({
  groups: [OFFICER],
  hasChangeRequests: false,
  user: USER,
  companies: { withRegistrants: [], unseen: [], hiddenIds: 0 },
  idTypeVocabulary: 1,
  idTypes: NUMBERS,
  senders: [],
  hasSample: true,
  enforcesSecondFactor: false,
  isLocked: false,
  removedIdsBlock: false,
  ...change,
});
const request = (change: Partial<SetupRequest> = {}): SetupRequest => ({
  login: 'crvs-bridge',
  officerGroup: null,
  hasKey: true,
  newKey: false,
  noKey: false,
  withoutChangeRequests: false,
  withoutCompanies: false,
  sender: null,
  sampleRegistrant: false,
  ...change,
});
const wordsOf = (...given: Parameters<typeof planOf>) => planOf(...given).map(({ words }) => words);

describe('the plan', () => {
  it('is empty where nothing is missing', () => {
    expect(planOf(found(), request())).toEqual([]);
  });

  it('adds the user to the group for change requests', () => {
    const there = found({ groups: [OFFICER, FILER], hasChangeRequests: true });
    expect(wordsOf(there, request())).toEqual(['add the user crvs-bridge to "Change Request: User"']);
    const [create] = planOf({ ...there, user: null }, request());
    expect(create).toMatchObject({ kind: 'create-user', groupIds: [17, 18] });
  });

  it('adds the user to the companies that have registrants, unless the request says not to', () => {
    const withRegistrants = [
      { id: 1, name: 'Mainland', registrants: 900 },
      { id: 2, name: 'Island', registrants: 12 },
      { id: 3, name: 'Coast', registrants: 7 },
    ];
    const there = found({ companies: { withRegistrants, unseen: [], hiddenIds: 0 } });
    expect(planOf(there, request())).toEqual([
      {
        kind: 'add-companies',
        companyIds: [2, 3],
        words: 'let the user crvs-bridge see the registrants of the companies Island (12) and Coast (7)',
      },
    ]);
    expect(planOf(there, request({ withoutCompanies: true }))).toEqual([]);
  });

  describe('where two-factor login stops it', () => {
    it.each([
      ['a new user', found({ enforcesSecondFactor: true, user: null }), request({ hasKey: false })],
      ['a new key', found({ enforcesSecondFactor: true }), request({ newKey: true })],
    ])('refuses %s before anything is made, and says what to do', (_what, there, wish) => {
      expect(() => planOf(there, wish)).toThrow(
        /second factor.*nothing was made.*Enforce two-factor.*--no-key/,
      );
    });

    it('says so of the user’s own second factor', () => {
      const there = found({ user: { ...USER, hasSecondFactor: true } });
      expect(() => planOf(there, request({ newKey: true }))).toThrow(/Disable two-factor.*--no-key/);
    });

    it('makes the rest where no key is needed, or a person makes it', () => {
      const enforced = found({ enforcesSecondFactor: true });
      expect(planOf(enforced, request())).toEqual([]);
      const kinds = planOf({ ...enforced, user: null }, request({ hasKey: false, noKey: true })).map(
        ({ kind }) => kind,
      );
      expect(kinds).toEqual(['create-user']);
    });
  });
});
