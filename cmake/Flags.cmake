# The compiler's settings hang on one interface target that every target of the project links.
add_library(drydock-flags INTERFACE)

target_compile_features(drydock-flags INTERFACE c_std_17)
target_compile_definitions(drydock-flags INTERFACE
    _GNU_SOURCE
    _FILE_OFFSET_BITS=64
    GLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_70
    GLIB_VERSION_MAX_ALLOWED=GLIB_VERSION_2_70)
target_compile_options(drydock-flags INTERFACE
    # Quoted includes only: <linux/…> must go on meaning the kernel's headers, not our folder.
    "SHELL:-iquote ${CMAKE_SOURCE_DIR}" "SHELL:-iquote ${CMAKE_BINARY_DIR}"
    # gnu17 defines "linux" as a macro; it is a folder and a word of ours.
    -Ulinux
    -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wwrite-strings
    -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef -Wvla -Wpointer-arith
    -Wswitch-enum -Wimplicit-fallthrough -Wframe-larger-than=4096
    # clang finds it in GLib's own macros.
    $<$<C_COMPILER_ID:GNU>:-Wcast-qual>
    -fno-strict-aliasing -fvisibility=hidden)
if(DRYDOCK_WERROR)
    target_compile_options(drydock-flags INTERFACE -Werror)
endif()

if(DRYDOCK_SANITIZE)
    target_compile_options(drydock-flags INTERFACE
        -fsanitize=${DRYDOCK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(drydock-flags INTERFACE -fsanitize=${DRYDOCK_SANITIZE})
    # The sanitizers' redzones make every frame larger than the limit above means.
    target_compile_options(drydock-flags INTERFACE -Wno-frame-larger-than)
endif()

# For what other programs load: linked after drydock-flags, whose options come first.
add_library(drydock-no-sanitizer INTERFACE)
if(DRYDOCK_SANITIZE)
    target_compile_options(drydock-no-sanitizer INTERFACE -fno-sanitize=all)
    target_link_options(drydock-no-sanitizer INTERFACE -fno-sanitize=all)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" OR CMAKE_BUILD_TYPE STREQUAL "Release")
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
    # Small functions of base/ are called from everywhere, millions of times for a hive.
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    target_compile_options(drydock-flags INTERFACE
        -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2)
    target_link_options(drydock-flags INTERFACE -pie -Wl,-z,relro,-z,now)
endif()
