import fc from 'fast-check';
import { SEED } from './thoroughness.js';

fc.configureGlobal({ seed: SEED });
