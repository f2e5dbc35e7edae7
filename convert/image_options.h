/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qemu's --image-opts strings: "key=value,key=value", a comma in a value doubled. */
#ifndef CONVERT_IMAGE_OPTIONS_H
#define CONVERT_IMAGE_OPTIONS_H

/* value with its commas doubled. */
char *image_options_escape(const char *value);

/* "driver=a,file.filename=b" → "PREFIX.driver=a,PREFIX.file.filename=b". */
char *image_options_nest(const char *prefix, const char *options);

#endif
