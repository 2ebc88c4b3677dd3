#include <cstdio>

int main() {
  std::puts("blis");
  return 0;
}
