declare module 'textlint-rule-prh' {
  const module: { default: import('@textlint/kernel').TextlintKernelRule['rule'] };
  export default module;
}
