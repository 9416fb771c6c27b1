// The systems that messages come from. Another one is a folder beside these, and a line here.
export { dci } from './dci/connector.ts';
export { mosip } from './mosip/connector.ts';
export { opencrvsV1 } from './opencrvs-v1/connector.ts';
export { opencrvsV2 } from './opencrvs-v2/connector.ts';
