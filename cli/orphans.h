/*
 * cli/orphans.h - programs that go on when the fork server has been killed
 */
#ifndef CLI_ORPHANS_H
#define CLI_ORPHANS_H

/* orphans_adopt - become the parent of what the fork server would leave; before it is there */
void orphans_adopt(void);

/* orphans_end - the fork server is gone: kill the programs that the board has, and what is in their groups */
void orphans_end(void);

#endif
