// Plays the script: a text file of `GPU KEY VALUE [FROM]`, read again on every question, so that a
// test changes the hardware by writing a file.
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    int gpu;
    char key[64];
    char value[64];
    double from;
} Line;

static double loaded_at;

double script_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

__attribute__((constructor)) static void remember_start(void) {
    const char *given = getenv("SIMULATED_NVML_START");
    loaded_at = given ? atof(given) : script_now();
}

// Reads one line; returns 0 for what is no script line (comments, blanks).
static int parse(const char *text, Line *line) {
    char gpu[16];
    line->from = 0;
    if (sscanf(text, "%15s %63s %63s %lf", gpu, line->key, line->value, &line->from) < 3) return 0;
    if (gpu[0] == '#') return 0;
    line->gpu = gpu[0] == '*' ? ANY_GPU : atoi(gpu);
    return 1;
}

static int applies(const Line *line, int gpu, const char *key) {
    int is_for_gpu = line->gpu == ANY_GPU || line->gpu == gpu;
    return is_for_gpu && strcmp(line->key, key) == 0 && script_now() - loaded_at >= line->from;
}

// Opens the script, or returns NULL when there is none.
static FILE *open_script(void) {
    const char *path = getenv("SIMULATED_NVML_SCRIPT");
    return path ? fopen(path, "re") : NULL;
}

int script_number(int gpu, const char *key, double *value) {
    FILE *script = open_script();
    char text[256];
    Line line;
    int is_given = 0;
    if (!script) return 0;
    while (fgets(text, sizeof text, script)) {
        if (parse(text, &line) && applies(&line, gpu, key)) {
            *value = atof(line.value);
            is_given = 1;
        }
    }
    fclose(script);
    return is_given;
}

double script_or(int gpu, const char *key, double otherwise) {
    double value;
    return script_number(gpu, key, &value) ? value : otherwise;
}

int script_unsupported(int gpu, const char *function) {
    FILE *script = open_script();
    char text[256];
    Line line;
    int is_unsupported = 0;
    if (!script) return 0;
    while (fgets(text, sizeof text, script)) {
        if (parse(text, &line) && applies(&line, gpu, "unsupported") &&
            strstr(function, line.value)) {
            is_unsupported = 1;
        }
    }
    fclose(script);
    return is_unsupported;
}
