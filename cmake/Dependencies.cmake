# Every library the project links, in one place; each folder names the ones it uses.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0>=2.70 gio-unix-2.0)
pkg_check_modules(JSON_GLIB REQUIRED IMPORTED_TARGET json-glib-1.0)
pkg_check_modules(LIBNBD REQUIRED IMPORTED_TARGET libnbd>=1.10)
pkg_check_modules(BLKID REQUIRED IMPORTED_TARGET blkid)
pkg_check_modules(NTFS3G REQUIRED IMPORTED_TARGET libntfs-3g)
pkg_check_modules(EXT2FS REQUIRED IMPORTED_TARGET ext2fs com_err)
pkg_check_modules(HIVEX REQUIRED IMPORTED_TARGET hivex)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(LIBARCHIVE REQUIRED IMPORTED_TARGET libarchive)
# AES and SHA-256 of encrypted volumes.
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
# LUKS headers and key slots; crypt_dump_json() came with 2.4.
pkg_check_modules(LIBCRYPTSETUP REQUIRED IMPORTED_TARGET libcryptsetup>=2.4)
# HTTP hooks of batches; CURLOPT_PROTOCOLS_STR came with 7.85.
pkg_check_modules(LIBCURL REQUIRED IMPORTED_TARGET libcurl>=7.85)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
# Its headers only: plugins are loaded into nbdkit.
pkg_check_modules(NBDKIT REQUIRED IMPORTED_TARGET nbdkit)
# Decompressors of files that Windows keeps compressed. Not by its pkg-config file: Debian's asks for
# FUSE's headers, which linking the library does not need.
find_path(WIMLIB_INCLUDE_DIR wimlib.h REQUIRED)
find_library(WIMLIB_LIBRARY wim REQUIRED)
add_library(Wimlib::wimlib UNKNOWN IMPORTED)
set_target_properties(Wimlib::wimlib PROPERTIES
    IMPORTED_LOCATION "${WIMLIB_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${WIMLIB_INCLUDE_DIR}")
