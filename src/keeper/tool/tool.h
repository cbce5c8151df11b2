/* The commands of holdfast-keeper, for the operator and for 'holdfast contact', which runs them
 * as the keeper's user: what needs keys or libsodium and no running keeper. */
#ifndef KEEPER_TOOL_TOOL_H
#define KEEPER_TOOL_TOOL_H

/* Returns the exit code. */
int keeper_tool(int argc, char **argv);

#endif
