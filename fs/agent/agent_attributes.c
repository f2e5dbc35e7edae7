/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owner, permissions, label and ACL of new files: from a model, as fs/fs.h says. A directory's
   default ACL is handed down by the kernel itself when the file is made. */
#include "fs/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"
#define SELINUX_LABEL "security.selinux"
#define XATTR_BYTES 65536 /* Linux, XATTR_SIZE_MAX and XATTR_LIST_MAX */
#define DESCRIPTOR_NAME_BYTES 64

/* Bound to the content or the identity of the model. */
static const char *const bound[] = {"security.capability", "security.ima", "security.evm"};

/* System calls on extended attributes want a path or a descriptor that is open for reading. */
static void name_descriptor(int descriptor, char name[DESCRIPTOR_NAME_BYTES])
{
    snprintf(name, DESCRIPTOR_NAME_BYTES, "/proc/self/fd/%d", descriptor);
}

static uint32_t choose_mode(uint32_t model, uint32_t type, const Attributes *attributes,
                            uint64_t wanted)
{
    if (type == S_IFLNK)
        return 0777;
    if (attributes->mode_given)
        return (uint32_t)wanted & 07777;
    if (S_ISDIR(model)) {
        if (type == S_IFREG)
            return model & 0666;
        return attributes->like_given ? model & 07777 : model & 02777;
    }
    return type == S_IFDIR ? (model & 0777) | ((model & 0444) >> 2) : model & 07777;
}

int attributes_choose(const Request *request, int root, int parent, uint32_t type,
                      Attributes *attributes)
{
    const char *like = request->text[1];
    struct stat status;
    *attributes = (Attributes){
        .model = -1,
        .label = request->text[2],
        .like_given = *like != '\0',
        .mode_given = request->numbers[3] != AGENT_MODE_OF_LIKE,
    };
    if (strcmp(like, "/") == 0 || !attributes->like_given) {
        attributes->model = dup(attributes->like_given ? root : parent);
    } else {
        const char *name = "";
        int directory = open_parent(root, like, &name);
        if (directory >= 0) {
            attributes->model = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
            close(directory);
        }
    }
    if (attributes->model < 0 || fstat(attributes->model, &status) != 0)
        return errno;
    attributes->model_type = status.st_mode & S_IFMT;
    attributes->uid = status.st_uid;
    attributes->gid = status.st_gid;
    attributes->mode = choose_mode(status.st_mode, type, attributes, request->numbers[3]);
    return 0;
}

void attributes_close(Attributes *attributes)
{
    if (attributes->model >= 0)
        close(attributes->model);
    attributes->model = -1;
}

static int is_wanted(const Attributes *attributes, uint32_t type, const char *name)
{
    int same_type = attributes->model_type == type;
    if (strcmp(name, SELINUX_LABEL) == 0)
        return *attributes->label == '\0';
    if (!attributes->like_given || !same_type || strncmp(name, "trusted.overlay.", 16) == 0)
        return 0;
    for (size_t i = 0; i < sizeof(bound) / sizeof(bound[0]); i++)
        if (strcmp(name, bound[i]) == 0)
            return 0;
    return 1;
}

/* from and to are names of descriptors: links in /proc that lead to the file itself, even where
   that is a symbolic link. */
static int copy_xattrs(const Attributes *attributes, const char *from, const char *to,
                       uint32_t type)
{
    static char names[XATTR_BYTES];
    static uint8_t value[XATTR_BYTES];
    ssize_t total = listxattr(from, names, sizeof(names));
    if (total < 0)
        return errno == EOPNOTSUPP ? 0 : errno;
    for (const char *name = names; name < names + total; name += strlen(name) + 1) {
        if (!is_wanted(attributes, type, name))
            continue;
        ssize_t length = getxattr(from, name, value, sizeof(value));
        if (length < 0 || setxattr(to, name, value, (size_t)length, 0) != 0)
            return errno;
    }
    return 0;
}

/* With a model of the same type its ACL is copied above, or it has none and neither has the copy.
 */
static int drop_inherited_acl(const Attributes *attributes, const char *from, const char *to,
                              uint32_t type)
{
    static const char *const acls[] = {ACL_ACCESS, ACL_DEFAULT};
    if (!attributes->like_given || attributes->model_type != type)
        return 0;
    for (size_t i = 0; i < sizeof(acls) / sizeof(acls[0]); i++)
        if (getxattr(from, acls[i], NULL, 0) < 0 && removexattr(to, acls[i]) != 0 &&
            errno != ENODATA && errno != EOPNOTSUPP)
            return errno;
    return 0;
}

int attributes_apply(const Attributes *attributes, int descriptor, uint32_t type)
{
    char from[DESCRIPTOR_NAME_BYTES], to[DESCRIPTOR_NAME_BYTES];
    name_descriptor(attributes->model, from);
    name_descriptor(descriptor, to);
    if (fchownat(descriptor, "", attributes->uid, attributes->gid, AT_EMPTY_PATH) != 0)
        return errno;
    int failure = copy_xattrs(attributes, from, to, type);
    if (failure == 0 && *attributes->label != '\0' &&
        setxattr(to, SELINUX_LABEL, attributes->label, strlen(attributes->label) + 1, 0) != 0)
        failure = errno;
    if (failure == 0 && type != S_IFLNK)
        failure = drop_inherited_acl(attributes, from, to, type);
    if (failure != 0 || type == S_IFLNK)
        return failure;
    /* The kernel has lowered the mode by the ACL it handed down: that stays unless a mode is asked
       for. */
    int inherits = !attributes->mode_given && !attributes->like_given &&
                   getxattr(to, ACL_ACCESS, NULL, 0) >= 0;
    return inherits || chmod(to, attributes->mode) == 0 ? 0 : errno;
}
