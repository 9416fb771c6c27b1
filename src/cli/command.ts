/** A command: takes its arguments and the environment, gives the exit code. */
export type Command = (args: string[], env: NodeJS.ProcessEnv) => Promise<number>;
