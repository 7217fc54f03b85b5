/**
 * A disk that fails, for LD_PRELOAD. It counts the calls that change something below FAULT_DIRECTORY, and at the one numbered FAULT_AT
 * it kills the process (FAULT_KIND=kill), or fails from then on (a number of errno). FAULT_COUNT names a file that gets a byte a call.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int calls;

static int isBelow(const char *path) {
  const char *directory = getenv("FAULT_DIRECTORY");
  return directory && path && strncmp(path, directory, strlen(directory)) == 0;
}

static int isBelowOfFile(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return isBelow(path);
}

/** Counts a call; whether it is to fail. */
static int fails(void) {
  int call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  const char *count = getenv("FAULT_COUNT"), *at = getenv("FAULT_AT"), *kind = getenv("FAULT_KIND");
  if (count) {
    int file = syscall(SYS_openat, AT_FDCWD, count, O_WRONLY | O_CREAT | O_APPEND, 0644);
    syscall(SYS_write, file, ".", 1);
    syscall(SYS_close, file);
  }
  if (!at || !kind || call < atoi(at)) return 0;
  if (strcmp(kind, "kill") == 0) syscall(SYS_kill, getpid(), SIGKILL);
  errno = atoi(kind);
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int rename(const char *from, const char *to) {
  return (isBelow(from) || isBelow(to)) && fails() ? -1 : REAL(rename)(from, to);
}
int mkdir(const char *path, mode_t mode) { return isBelow(path) && fails() ? -1 : REAL(mkdir)(path, mode); }
int rmdir(const char *path) { return isBelow(path) && fails() ? -1 : REAL(rmdir)(path); }
int unlink(const char *path) { return isBelow(path) && fails() ? -1 : REAL(unlink)(path); }
int fsync(int file) { return isBelowOfFile(file) && fails() ? -1 : REAL(fsync)(file); }
ssize_t write(int file, const void *bytes, size_t size) {
  return isBelowOfFile(file) && fails() ? -1 : REAL(write)(file, bytes, size);
}
ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at) {
  return isBelowOfFile(file) && fails() ? -1 : REAL(pwrite64)(file, bytes, size, at);
}
ssize_t writev(int file, const struct iovec *parts, int count) {
  return isBelowOfFile(file) && fails() ? -1 : REAL(writev)(file, parts, count);
}

static int opens(const char *path, int flags) {
  return (flags & (O_WRONLY | O_RDWR)) && isBelow(path) && fails();
}
int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return opens(path, flags) ? -1 : REAL(open64)(path, flags, mode);
}
int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return opens(path, flags) ? -1 : REAL(open)(path, flags, mode);
}
