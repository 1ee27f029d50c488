// The script that a simulated driver plays: who asks gets the value that holds now.
#ifndef SCRIPT_H
#define SCRIPT_H

#define ANY_GPU (-1)

// Returns 1 and sets *value when the script gives `key` for `gpu` now, else 0.
int script_number(int gpu, const char *key, double *value);

// Returns the number that holds now, or `otherwise`.
double script_or(int gpu, const char *key, double otherwise);

// Returns 1 when an `unsupported` line for `gpu` holds whose word is part of `function`.
int script_unsupported(int gpu, const char *function);

// Returns seconds since the Unix epoch.
double script_now(void);

#endif
