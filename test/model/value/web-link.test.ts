import { describe, expect, it } from 'vitest';
import { webLink } from '../../../src/model/value/web-link.js';

describe('webLink', () => {
  it.each([
    ['https://ci.example.com/runs/7?a=b#c', 'https://ci.example.com/runs/7?a=b#c'],
    ['http://h/x', 'http://h/x'],
    ['HTTPS://H/x y', 'https://h/x%20y'],
    ['https://ada:pass@h/x', 'https://h/x'],
    ['https://h/\u001b]8;;x', 'https://h/%1B]8;;x'],
    ['javascript:alert(1)', null],
    [' java\nscript:alert(1)', null],
    ['data:text/html,x', null],
    ['file:///etc/passwd', null],
    ['vscode://x', null],
    ['//h/x', null],
    ['', null],
    [`https://h/${'x'.repeat(3000)}`, null],
  ])('%j', (text, link) => {
    expect(webLink(text)).toBe(link);
  });
});
