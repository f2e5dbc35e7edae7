/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of our own that are gone when we are. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

/* Removes a folder and the files in it; folders inside it stay, and so does it then. */
void folder_remove(const char *path);

#endif
